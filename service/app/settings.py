"""The settings: names, defaults and meanings are the contract's, and each value has its rules."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from service.app.checks import check_api_url, check_endpoint, check_management_url, is_loopback
from service.app.values import BrokerUrls, Count, Delays, File, Key, Name

PREFIX = "ORDER_RELAY_"


class _Group(
    BaseModel,
    frozen=True,
    hide_input_in_errors=True,
    defer_build=True,
):
    pass


class AmqpSettings(_Group):
    """The broker."""

    url: BrokerUrls = Field(
        SecretStr("amqp://guest:guest@localhost:5672/"),
        description="broker; amqps for TLS; several, separated by commas, are tried in turn",
    )
    namespace: Name = Field("orders", description="prefix of the topology")
    topology: Literal["declare", "check"] = Field(
        "declare", description="declare what is missing, or check only (an operator owns it)"
    )
    prefetch: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        None, description="deliveries held; derived from the concurrency and the rate"
    )
    ca_file: File | None = Field(None, description="CA certificates to trust (PEM), for amqps")
    cert_file: File | None = Field(
        None, description="client certificate (PEM); with no user in the URL it is the login"
    )
    key_file: File | None = Field(None, description="the client certificate's key (PEM)")

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if self.key_file is not None and self.cert_file is None:
            raise ValueError(
                f"{PREFIX}AMQP__KEY_FILE was {str(self.key_file)!r}: "
                f"it needs the certificate, {PREFIX}AMQP__CERT_FILE"
            )
        return self

    @property
    def urls(self) -> list[str]:
        """The broker URLs, passwords included."""
        return [url.strip() for url in self.url.get_secret_value().split(",")]

    @property
    def plain_brokers(self) -> list[str]:
        """Host and port of each that is reached over a network, and without TLS."""
        parts = [urlsplit(url) for url in self.urls]
        plain = [one for one in parts if one.scheme == "amqp" and not is_loopback(one.hostname)]
        return [f"{one.hostname}:{one.port or 5672}" for one in plain]


class ShownApiSettings(_Group):
    """The order API, for those who can do without its key."""

    url: Annotated[str, AfterValidator(check_api_url)] = Field(
        "https://notpanel.com/api/v2",
        description="the order API; plain http only to a loopback address or with ALLOW_HTTP",
    )
    allow_http: bool = Field(
        default=False, description="allow plain http to other than loopback addresses"
    )
    key: Key | None = Field(None, description="the account's key (secret)")
    timeout_seconds: float = Field(10, gt=0, le=600, description="one attempt, all phases")
    concurrency: int = Field(
        64, ge=1, le=10_000, description="most orders in flight in one process"
    )
    rate_per_second: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(
        None, description="budget of the key over all replicas"
    )
    idempotency_window_seconds: Count = Field(
        86_400, description="how long the API remembers a request_id"
    )
    ca_file: File | None = Field(None, description="CA certificates to trust (PEM), for https")

    @model_validator(mode="after")
    def _check_http(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not self.allow_http and not is_loopback(parts.hostname):
            raise ValueError(
                # Not all of it: a token may follow.
                f"{PREFIX}API__URL was 'http://{parts.netloc}...': plain http would show the key "
                f"to the network; use https, a loopback address, or {PREFIX}API__ALLOW_HTTP=true"
            )
        return self


class ApiSettings(ShownApiSettings):
    """The order API."""

    key: Key = Field(description="the account's key (secret)")


class RetrySettings(_Group):
    """How long an order is tried."""

    delays_seconds: Delays = Field(
        (1, 5, 30, 120, 600, 3600), description="the waiting tiers, ascending"
    )
    max_attempts: Count = Field(12, description="attempts that reached or may have reached the API")
    max_age_seconds: Count = Field(86_400, description="since the relay first saw the order")


class AdminSettings(_Group):
    """Where metrics and health are served."""

    # Probes come from the node, and Prometheus from elsewhere.
    host: str = Field(
        "0.0.0.0",  # noqa: S104 - the contract's default
        min_length=1,
        description="address of /metrics, /livez, /readyz",
    )
    port: int = Field(8080, ge=0, le=65_535, description="its port; 0 takes any")


class ManagementSettings(_Group):
    """RabbitMQ's management API, for those who look at it."""

    url: Annotated[SecretStr, AfterValidator(check_management_url)] | None = Field(
        None, description="RabbitMQ's management API, for `doctor` only (secret)"
    )


class TracesSettings(_Group):
    """Where traces go, with the extra `otel` installed."""

    endpoint: Annotated[str, AfterValidator(check_endpoint)] | None = Field(
        None, description="OTLP over HTTP; without a path /v1/traces is added; none: no traces"
    )
    sample_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        description="share of the traces that begin here; others are as their parent says",
    )

    @property
    def url(self) -> str | None:
        """Where spans are posted to."""
        if self.endpoint is None or urlsplit(self.endpoint).path not in ("", "/"):
            return self.endpoint
        return f"{self.endpoint.removesuffix('/')}/v1/traces"


class LogSettings(_Group):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="json, console, or by whether stdout is a terminal"
    )


class ShownSettings(_Group, BaseSettings, env_prefix=PREFIX, env_nested_delimiter="__"):
    """All settings, for those who can do without the key."""

    amqp: AmqpSettings = Field(default_factory=AmqpSettings)
    api: ShownApiSettings = Field(default_factory=ShownApiSettings)
    retry: RetrySettings = Field(default_factory=RetrySettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    traces: TracesSettings = Field(default_factory=TracesSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    management: ManagementSettings = Field(default_factory=ManagementSettings)
    drain_seconds: float = Field(
        25, gt=0, le=86_400 * 30, description="time to finish what is in flight"
    )

    @property
    def prefetch(self) -> int:
        """Deliveries held: as set, else two for each permit, and at most a minute of the rate."""
        derived = 2 * self.api.concurrency
        if self.api.rate_per_second is not None:
            # What waits for the rate is unacked, and the broker takes it back after half an hour.
            derived = min(derived, max(2, int(self.api.rate_per_second * 60)))
        return self.amqp.prefetch or derived


class Settings(ShownSettings):
    """All settings of the relay."""

    api: ApiSettings


class SeenSettings(_Group, BaseSettings, env_prefix=PREFIX, env_nested_delimiter="__"):
    """Those that tell who looks at a relay where it and its queues are: no key among them."""

    amqp: AmqpSettings = Field(default_factory=AmqpSettings)
    retry: RetrySettings = Field(default_factory=RetrySettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)


def variables(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """What each setting of `model` is called, and the names that lead to it, group first."""
    paths: list[tuple[str, ...]] = []
    for name, info in model.model_fields.items():
        group = getattr(info.annotation, "model_fields", ())
        paths += [(name, inner) for inner in group] or [(name,)]
    return {PREFIX + "__".join(path).upper(): path for path in paths}
