"""What a stack will need and what a restart in it touches, told before anything is deployed."""
