"""What responders' devices say, turned from bytes into reports: pure decoders that read no clock and open no port."""
