"""All routes of playlists."""

from segue.library.playlists import endpoints, file_endpoints, public_endpoints, sharing_endpoints

ROUTERS = (endpoints.router, sharing_endpoints.router, file_endpoints.router, public_endpoints.router)
