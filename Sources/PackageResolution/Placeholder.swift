// PackageResolution
