/// The version of each step's code. It is an input of the step: raise it with every change that makes other bytes
/// from the same inputs, and what older code left in the store is not used again.
package enum StepVersion {
    package static let tools = 1
    package static let base = 7
    package static let initramfs = 1
    package static let packages = 5
    package static let python = 1
    package static let configuration = 11
    package static let disk = 4
    package static let format = 2
    /// Of the targets besides `raw` and `qcow2`.
    package static let target = 4
    /// Of disks that their spec divides: part of the disk step.
    package static let layout = 4
}
