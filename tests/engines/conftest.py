"""What the tests of engines share: real servers, each started once."""

from real_servers import real_server

__all__ = ["real_server"]
