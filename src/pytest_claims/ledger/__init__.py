"""The ledger of claims, its folder, comparisons between ledgers and the record of known verdicts."""
