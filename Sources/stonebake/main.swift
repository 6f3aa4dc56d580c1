print("stonebake")
