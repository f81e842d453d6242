"""`python -m service` is the console script."""

from service.commands.cli import main

if __name__ == "__main__":
    main()
