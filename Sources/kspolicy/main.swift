print("kspolicy")
