// BootCheck
