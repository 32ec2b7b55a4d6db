"""How HTTP and sockets reach Django: docs/adr/0001-http-through-wsgi-sockets-through-asgi.md."""
