// RootfsAssembly
