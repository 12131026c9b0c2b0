"""Reflex's fuse box of the bare counterpart: the same toolchain as the portal's, and nothing else."""

import reflex as rx

config = rx.Config(
    app_name="bare",
    frontend_port=8000,
    backend_port=8000,
    state_manager_mode="memory",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[rx.plugins.TailwindV4Plugin()],
    disable_plugins=[rx.plugins.SitemapPlugin, rx.plugins.RadixThemesPlugin],
)
