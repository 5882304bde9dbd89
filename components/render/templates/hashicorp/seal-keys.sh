# The seal's key is another server's affair, and what it wrapped before it changed still opens.
reseal=false
