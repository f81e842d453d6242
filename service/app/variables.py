"""How the variables of the settings are called."""

PREFIX = "ORDER_RELAY_"
SECRETS_DIR = PREFIX + "SECRETS_DIR"
DEFAULT_SECRETS_DIR = "/run/secrets/order-relay"
