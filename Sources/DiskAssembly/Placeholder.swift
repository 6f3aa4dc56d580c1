// DiskAssembly
