"""The real programs together; see pytest.ini."""
