from pytest_claims.rules.rule import Rule as Rule
