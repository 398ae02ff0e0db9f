"""Images that suites run, made of what Debian packages."""
