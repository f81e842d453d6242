"""The settings: the only reader of the environment, of `.env` and of the secrets directory.

Names, defaults and meanings are the contract's. Whatever is wrong is said by the variable's name,
with the value (unless it is a secret) and what would be right.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service.app.secret_files import SecretFiles
from service.app.setting_groups import (
    AdminSettings,
    AmqpSettings,
    ApiSettings,
    LogSettings,
    RetrySettings,
    TracesSettings,
)
from service.app.variables import PREFIX

Seconds = Annotated[float, Field(gt=0, le=86_400 * 30)]


class Sourced(BaseSettings):
    """Where settings come from."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over `.env`, which wins over the secret files."""
        directory = getattr(file_secret_settings, "secrets_dir", None)
        secrets = SecretFiles(cls, Path(directory)) if directory else init_settings
        return init_settings, env_settings, dotenv_settings, secrets


class Settings(Sourced):
    """All settings of the relay."""

    amqp: AmqpSettings = Field(default_factory=AmqpSettings)
    api: ApiSettings
    retry: RetrySettings = Field(default_factory=RetrySettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    traces: TracesSettings = Field(default_factory=TracesSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    drain_seconds: Seconds = Field(25, description="time to finish what is in flight")

    @property
    def prefetch(self) -> int:
        """Deliveries held: as set, else two for each permit, and at most a minute of the rate."""
        if self.amqp.prefetch is not None:
            return self.amqp.prefetch
        derived = 2 * self.api.concurrency
        if self.api.rate_per_second is not None:
            # What waits for the rate is unacked, and the broker takes it back after half an hour.
            derived = min(derived, max(2, int(self.api.rate_per_second * 60)))
        return derived


class SeenSettings(Sourced):
    """Those that tell who looks at a relay where it and its queues are: no key among them."""

    amqp: AmqpSettings = Field(default_factory=AmqpSettings)
    retry: RetrySettings = Field(default_factory=RetrySettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
