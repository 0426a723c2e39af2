# At run time Home Assistant puts its successor in voluptuous' place.
from probatio import *
