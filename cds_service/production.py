"""What production asks for before it starts: a letter for each thing that is missing (T1, T4, T6, T18)."""

from __future__ import annotations

from collections.abc import Iterator

from cds_service.files import why_no_file
from cds_service.settings import Secret, SettingError, Settings
from cds_service.store.address import checked, is_memory


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
    elif why := why_no_file(settings.trust):
        yield f"IGRT_CDS_TRUST: {settings.trust} {why}. Make it with `igrt-cds trust add`, readable for this user."
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
    if _in_memory(settings.database_url):
        yield (
            "IGRT_CDS_DATABASE_URL: a database in memory belongs to one worker and ends with it: what another one "
            "has answered would be unknown. Name a file or PostgreSQL, or leave it out."
        )


def _in_memory(database_url: Secret | None) -> bool:
    try:
        return database_url is not None and is_memory(checked(database_url.reveal()))
    except SettingError:
        return False  # what is wrong with it is told where the store is made
