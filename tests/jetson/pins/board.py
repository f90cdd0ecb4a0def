"""The pins that a panel's lamp has."""

from appliance.settings import PanelSettings

LAMP = PanelSettings(factory="jetson", red="BOARD29", green="BOARD31", blue="BOARD33")
