"""The link to the officers' tablets: alerts out, decisions back."""
