"""Open answers: whoever scans a QR code on a counter may answer; a source of its own that enters no score."""
