"""The groups of the settings: a class for each, with what makes their values right."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from service.app.checks import (
    Namespace,
    check_api_url,
    check_broker_url,
    check_traces_endpoint,
    is_loopback,
    readable,
    split_urls,
    whole_seconds,
)
from service.app.variables import PREFIX

LONGEST_DELAY_SECONDS = 7 * 86_400
MOST_TIERS = 32
"""Each is a queue on every node of the broker."""

Count = Annotated[int, Field(ge=1, le=1_000_000)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AmqpSettings(_Group):
    """The broker."""

    url: SecretStr = Field(
        SecretStr("amqp://guest:guest@localhost:5672/"),
        description="broker; amqps for TLS; several, separated by commas, are tried in turn",
    )
    namespace: Namespace = Field("orders", description="prefix of the topology")
    topology: Literal["declare", "check"] = Field(
        "declare", description="declare what is missing, or check only (an operator owns it)"
    )
    prefetch: Annotated[int, Field(ge=1, le=65_535)] | None = Field(
        None, description="deliveries held; derived from the concurrency and the rate"
    )
    ca_file: Path | None = Field(None, description="CA certificates to trust (PEM), for amqps")
    cert_file: Path | None = Field(
        None, description="client certificate (PEM); with no user in the URL it is the login"
    )
    key_file: Path | None = Field(None, description="the client certificate's key (PEM)")

    @field_validator("url")
    @classmethod
    def _check_urls(cls, value: SecretStr) -> SecretStr:
        for number, url in enumerate(split_urls(value), start=1):
            check_broker_url(url, number)
        return value

    @field_validator("ca_file", "cert_file", "key_file")
    @classmethod
    def _check_file(cls, value: Path | None) -> Path | None:
        return readable(value)

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
        return split_urls(self.url)


class ApiSettings(_Group):
    """The order API."""

    url: str = Field(
        "https://notpanel.com/api/v2",
        description="the order API; plain http only to a loopback address or with ALLOW_HTTP",
    )
    allow_http: bool = Field(
        default=False, description="allow plain http to other than loopback addresses"
    )
    key: SecretStr = Field(description="the account's key (secret)")
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        10, description="one attempt, all phases"
    )
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = Field(
        64, description="most orders in flight in one process"
    )
    rate_per_second: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(
        None, description="budget of the key over all replicas"
    )
    idempotency_window_seconds: Count = Field(
        86_400, description="how long the API remembers a request_id"
    )
    ca_file: Path | None = Field(None, description="CA certificates to trust (PEM), for https")

    @field_validator("key")
    @classmethod
    def _check_key(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text or not text.isprintable() or text != text.strip():
            raise ValueError("must be a non-empty text without white space at its ends")
        return value

    @field_validator("ca_file")
    @classmethod
    def _check_file(cls, value: Path | None) -> Path | None:
        return readable(value)

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        check_api_url(value)
        return value

    @model_validator(mode="after")
    def _check_http(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not self.allow_http and not is_loopback(parts.hostname):
            raise ValueError(
                f"{PREFIX}API__URL was {self.url!r}: plain http would show the key to the network; "
                f"use https, a loopback address, or {PREFIX}API__ALLOW_HTTP=true"
            )
        return self


class RetrySettings(_Group):
    """How long an order is tried."""

    delays_seconds: Annotated[tuple[int, ...], NoDecode] = Field(
        (1, 5, 30, 120, 600, 3600), description="the waiting tiers, ascending"
    )
    max_attempts: Count = Field(12, description="attempts that reached or may have reached the API")
    max_age_seconds: Count = Field(86_400, description="since the relay first saw the order")

    @field_validator("delays_seconds", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(whole_seconds(part) for part in value.split(","))
        except ValueError:
            raise ValueError("must be whole seconds, separated by commas") from None

    @field_validator("delays_seconds")
    @classmethod
    def _check_delays(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or list(value) != sorted(set(value)):
            raise ValueError("must ascend, and have at least one tier")
        if len(value) > MOST_TIERS:
            raise ValueError(f"must be at most {MOST_TIERS} tiers")
        if value[0] < 1 or value[-1] > LONGEST_DELAY_SECONDS:
            raise ValueError(f"must be between 1 and {LONGEST_DELAY_SECONDS} seconds")
        return value


class AdminSettings(_Group):
    """Where metrics and health are served."""

    host: str = Field("0.0.0.0", min_length=1, description="address of /metrics, /livez, /readyz")  # noqa: S104 - the contract's default: probes come from the node, Prometheus from elsewhere
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8080, description="its port; 0 takes any")


class TracesSettings(_Group):
    """Where traces go, with the extra `otel` installed."""

    endpoint: str | None = Field(
        None, description="OTLP over HTTP; without a path /v1/traces is added; none: no traces"
    )
    sample_ratio: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="share of the traces that begin here; others are as their parent says"
    )

    @field_validator("endpoint")
    @classmethod
    def _check_endpoint(cls, value: str | None) -> str | None:
        if value is not None:
            check_traces_endpoint(value)
        return value

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
