/// The programs that the image gets, as they lie in `Programs/`.
enum FirstBootPrograms {
    static let firstBoot = String(decoding: PackageResources.firstboot_py, as: UTF8.self)
    static let page = String(decoding: PackageResources.page_py, as: UTF8.self)
    static let all = [firstBoot, page, data]
    static let data = String(decoding: PackageResources.data_py, as: UTF8.self)
}
