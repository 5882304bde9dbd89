"""The program in our own image, as far as it runs without the image."""
