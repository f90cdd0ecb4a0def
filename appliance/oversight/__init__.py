"""What an auditor and the public are given; can hold no face."""
