"""TLS as the link speaks it: the agency's own certificate authority and no other."""

import ssl

from core.errors import Unavailable


def pinned_context(ca_pem: str) -> ssl.SSLContext:
    """Trusts what this authority has signed and nothing else, whatever the machine trusts. Raises Unavailable."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False  # the authority signs nothing but this server, wherever it stands now
    try:
        context.load_verify_locations(cadata=ca_pem)
    except (ssl.SSLError, ValueError) as error:
        raise Unavailable(
            "The server's certificate that was kept at joining cannot be read.",
            "The desk works alone until then.",
            "Join the server again with `foredesk desk join`.",
        ) from error
    return context
