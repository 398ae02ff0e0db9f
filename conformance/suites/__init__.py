"""What suites of others share: which engine answers, and which of their tests are not expected to pass there."""
