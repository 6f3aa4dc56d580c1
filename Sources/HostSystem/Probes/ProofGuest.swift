/// The smallest guest that proves an accelerator: a boot sector that goes to 64-bit mode with paging, as a kernel
/// does, says a word on the first serial port and ends QEMU through isa-debug-exit.
enum ProofGuest {
    static let word = "STONEBAKE"
    /// isa-debug-exit turns the byte 0x2a into this exit status.
    static let exitStatus: Int32 = 0x2a << 1 | 1
    /// SeaBIOS on q35 boots no disk below 1 MiB.
    static let diskSize = 1 << 20

    /// A raw disk whose first sector is this program (GNU as, linked at 0x7c00):
    ///
    ///     .code16                          movl $0xc0000080, %ecx     .code64
    ///     cli                              rdmsr                      long: movl $msg, %esi
    ///     xorw %ax, %ax                    orb $1, %ah   # EFER.LME         movl $0x3f8, %edx
    ///     movw %ax, %ds                    wrmsr                      next: lodsb
    ///     movw %ax, %es                    movl %cr0, %eax                  testb %al, %al
    ///     movl $0x1000, %edi               orl $0x80000001, %eax            jz done
    ///     movl %edi, %cr3                  movl %eax, %cr0 # PG, PE         outb %al, %dx
    ///     movl $0xc00, %ecx                lgdt gdtr                        jmp next
    ///     xorl %eax, %eax                  ljmp $8, $long             done: movb $0x2a, %al
    ///     cld                                                               outb %al, $0xf4
    ///     rep stosl          # 3 tables    gdt: .quad 0               halt: hlt
    ///     movl $0x2003, 0x1000             .quad 0x00209a0000000000         jmp halt
    ///     movl $0x3003, 0x2000             gdtr: .word 15
    ///     movl $0x0083, 0x3000 # 2 MiB     .long gdt
    ///     movl %cr4, %eax                  msg: .asciz "STONEBAKE\n"
    ///     orb $0x20, %al       # PAE
    ///     movl %eax, %cr4
    static var disk: [UInt8] {
        var bytes = program
        bytes += [UInt8](repeating: 0, count: 510 - bytes.count)
        bytes += [0x55, 0xaa]
        return bytes + [UInt8](repeating: 0, count: diskSize - bytes.count)
    }

    private static let program: [UInt8] = [
        0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x66, 0xbf, 0x00, 0x10, 0x00, 0x00, 0x0f, 0x22, 0xdf,
        0x66, 0xb9, 0x00, 0x0c, 0x00, 0x00, 0x66, 0x31, 0xc0, 0xfc, 0x66, 0xf3, 0xab, 0x66, 0xc7, 0x06,
        0x00, 0x10, 0x03, 0x20, 0x00, 0x00, 0x66, 0xc7, 0x06, 0x00, 0x20, 0x03, 0x30, 0x00, 0x00, 0x66,
        0xc7, 0x06, 0x00, 0x30, 0x83, 0x00, 0x00, 0x00, 0x0f, 0x20, 0xe0, 0x0c, 0x20, 0x0f, 0x22, 0xe0,
        0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0, 0x0f, 0x32, 0x80, 0xcc, 0x01, 0x0f, 0x30, 0x0f, 0x20, 0xc0,
        0x66, 0x0d, 0x01, 0x00, 0x00, 0x80, 0x0f, 0x22, 0xc0, 0x0f, 0x01, 0x16, 0x8c, 0x7c, 0xea, 0x63,
        0x7c, 0x08, 0x00, 0xbe, 0x92, 0x7c, 0x00, 0x00, 0xba, 0xf8, 0x03, 0x00, 0x00, 0xac, 0x84, 0xc0,
        0x74, 0x03, 0xee, 0xeb, 0xf8, 0xb0, 0x2a, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9a, 0x20, 0x00, 0x0f, 0x00, 0x7c, 0x7c,
        0x00, 0x00, 0x53, 0x54, 0x4f, 0x4e, 0x45, 0x42, 0x41, 0x4b, 0x45, 0x0a, 0x00,
    ]

    /// The same machine type, CPU model and disk as a real boot, so that the proof holds for it.
    static func command(_ qemu: QEMU, _ accelerator: Accelerator, disk: String) -> Command {
        Command(
            qemu.executable,
            [
                "-accel", accelerator.rawValue, "-machine", "q35", "-cpu", "max", "-smp", "2", "-m", "64",
                "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
                "-drive", "file=\(disk),format=raw,if=none,id=disk,readonly=on",
                "-device", "virtio-blk-pci,drive=disk",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
            ]
        ).with { $0.output = .capture(limit: 1 << 16) }
    }
}
