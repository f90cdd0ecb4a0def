"""The test that an auditor runs: what passers-by leave in the real appliance, seen from outside."""
