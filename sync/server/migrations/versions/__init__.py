"""One file per version, each frozen once released."""
