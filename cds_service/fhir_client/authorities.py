"""Whose certificates are believed: the usual authorities, and those of the file that IGRT_CDS_FHIR_CA_FILE names."""

from __future__ import annotations

import ssl
from functools import lru_cache

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from cds_service.files import why_no_file
from cds_service.settings import SettingError, Settings

_VARIABLE = "IGRT_CDS_FHIR_CA_FILE"


def authorities_of(settings: Settings) -> str:
    """The path of the site's own authorities, empty when it names none.

    Asked for at the start: in the middle of a call it could only be told as a server that cannot be read.

    Raises:
        SettingError: the file cannot be read, or holds no certificate in PEM.
    """
    file = settings.fhir_ca_file
    if file is None:
        return ""
    if why := why_no_file(file):
        raise SettingError(f"{_VARIABLE}: {file} {why}. Name a file of certificates in PEM.")
    try:
        tls_of(str(file))
    except (OSError, ValueError):  # what ssl finds is an OSError too
        raise SettingError(
            f"{_VARIABLE}: {file} holds no certificate in PEM. "
            "Put the authority's certificate there, from BEGIN CERTIFICATE to END CERTIFICATE."
        ) from None
    return str(file)


@lru_cache(maxsize=4)
def tls_of(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or later with checked certificates; made once, since reading the authorities costs milliseconds.

    Args:
        ca_file: a path as `authorities_of` gives it.
    """
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
