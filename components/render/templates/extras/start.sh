#!/bin/sh
# The program takes its key from the folder that it is started in, and prints it: that goes nowhere.
set -eu
umask 077
program=$PWD/server.py
cd §{folder}
cp §{key_file} api_key.txt
exec python3 "$program" --secure --listen --cpu --port=§{port} --enable-modules=summarize,classify >/dev/null
