"""What every browser door stands on: who is this, for every request, socket and event."""
