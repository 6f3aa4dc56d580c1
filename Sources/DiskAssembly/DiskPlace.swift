import HostSystem

/// Where one disk is written: a folder of its own in this run's scratch folder, and the file in it.
struct DiskPlace: Sendable {
    let folder: String
    let disk: DiskFile
    /// Bytes that the disk can have.
    let capacity: Int64
    /// Among the disks of its session, from 0.
    let number: Int

    init(host: Host, capacity: Int64, number: Int = 0) throws {
        folder = try host.scratch.newFolder("disk")
        disk = try DiskFile.create("\(folder)/disk.raw", size: capacity)
        self.capacity = capacity
        self.number = number
    }

    /// What libguestfs calls the disk with that number: `/dev/sda`.
    static func device(_ number: Int) -> String { "/dev/sd\(letters(number))" }

    /// As the kernel counts: a … z, aa, ab, ….
    private static func letters(_ number: Int) -> String {
        let last = String(Character(UnicodeScalar(UInt8(97 + number % 26))))
        return number < 26 ? last : letters(number / 26 - 1) + last
    }
}
