"""What comes after a result: its manifest, its repetition byte for byte, its report as one page."""
