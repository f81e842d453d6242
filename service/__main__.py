"""`python -m service` is the console script."""

from service.app.cli import main

if __name__ == "__main__":
    main()
