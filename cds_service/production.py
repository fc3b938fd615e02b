"""What production asks for before it starts: a letter for each thing that is missing (T1, T4, T6, T18)."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.settings import SettingError, Settings


def require_production(settings: Settings) -> None:
    """Check that nothing is left open.

    Raises:
        SettingError: with every problem, one a line.
    """
    problems = [*missing(settings)]
    if problems:
        raise SettingError("\n".join(problems))


def missing(settings: Settings) -> Iterator[str]:
    """A letter for each setting that production needs and does not have."""
    if settings.development:
        yield "--pages: the start page and callers without a token are for development. Leave it out."
    if settings.trust is None:
        yield (
            "IGRT_CDS_TRUST: it is not set, so anybody could call. "
            "Name the trust registry that `igrt-cds trust add` has made."
        )
    elif not settings.trust.is_file():
        yield f"IGRT_CDS_TRUST: {settings.trust} is no file. Make it with `igrt-cds trust add`."
    if settings.public_url is None:
        yield (
            "IGRT_CDS_PUBLIC_URL: it is not set, so no token can be made out to the service. "
            "Give the address under which clients reach it, such as https://cds.example.org."
        )
    elif not settings.public_url.startswith("https://"):
        yield (
            f"IGRT_CDS_PUBLIC_URL: {settings.public_url} is not https. "
            "Patient data needs TLS: let the proxy end it, and give its https address."
        )
