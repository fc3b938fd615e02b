"""The pages that people see: the playground of development mode."""

from cds_service.web.pages.playground import playground_blueprint

__all__ = ["playground_blueprint"]
