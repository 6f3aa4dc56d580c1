// ImageExport
