"""The ledger, comparisons and histories as text and pages."""
