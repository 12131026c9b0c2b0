"""Reflex's fuse box: the app's name, its plugins, and everything it must not do by itself."""

from urllib.parse import urlsplit

import reflex as rx

from portal_app.settings import load_settings

# Demo mode asks for no secrets: a build has none, and this file needs addresses only.
settings = load_settings(demo=True)

# A machine that calls itself localhost has these names; browser/origins.py accepts only the one in use.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
own = urlsplit(settings.public_origin)
twins = [f"{own.scheme}://{name}:{own.port}" for name in LOOPBACK] if own.hostname in {"localhost", "127.0.0.1", "::1"} else []

DAISYUI = "daisyui@5.8.1"
# Tailwind would take a part for every English word it finds in a script; these are the parts that pages use.
PARTS = ["rootcolor", "properties", "button", "badge", "checkbox", "input", "radio", "select", "textarea", "progress"]

config = rx.Config(
    app_name="portal_app",
    # The build holds this address everywhere; it is replaced when pages are served (browser/pages.py).
    frontend_port=8000,
    backend_port=8000,
    cors_allowed_origins=sorted({settings.public_origin, *twins}),
    trusted_proxy_hops=settings.proxy_hops,
    state_manager_mode="redis" if settings.redis_url else "memory",
    redis_url=settings.redis_url or None,
    # How many seconds a tab's state outlives its last event, in memory as in Redis; it can always be built anew.
    redis_token_expiration=30 * 60,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[
        rx.plugins.TailwindV4Plugin(
            {
                "theme": {},
                "plugins": [
                    {
                        "name": DAISYUI,
                        "import": {"name": "default as daisyui", "from": DAISYUI},
                        "call": "daisyui",
                        # Our themes come from the brand (ui/theme.py, assets/portal.css).
                        "args": {"themes": False, "logs": False, "include": PARTS},
                    }
                ],
            }
        )
    ],
    # Both are switched on unless they are named here: no public list of pages, no Radix components.
    disable_plugins=[rx.plugins.SitemapPlugin, rx.plugins.RadixThemesPlugin],
)
