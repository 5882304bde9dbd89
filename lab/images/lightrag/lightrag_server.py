"""The module that LightRAG is started as."""

from lab.fakes.lightrag.__main__ import main

if __name__ == "__main__":
    main()
