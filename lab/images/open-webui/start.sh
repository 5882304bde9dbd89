#!/bin/bash
exec /opt/stand-in/bin/python3 -m lab.fakes.webui "$@"
