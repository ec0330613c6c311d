package import ImageTransfer
package import LayerAnalysis
import OCISpec
import PackageDatabases

/// An image held against a budget.
extension Workspace {
    /// The check of `image` by `rules`, growth measured against `baseline`; `isDiveCompatible` takes dive's own figures for its rules.
    ///
    /// Packages that a rule is about and that cannot be seen are an error.
    package func check(
        _ image: ScannedImage, _ analysis: ImageAnalysis, by rules: Budget, against baseline: Baseline?, isDiveCompatible: Bool
    ) throws(OperationError) -> CheckResult {
        var stored = StoredContents()
        var inventory = PackageInventory(packages: [], unownedBytes: nil, problems: [])
        // The totals alone need no index, and most checks are about totals.
        let isWhole = !analysis.totals.isPartial
        let needsIndexes = rules.needsTree || rules.needsPackages || (isDiveCompatible && isWhole)
        let indexes = needsIndexes ? try layerIndexes(image) : []
        if rules.needsTree || rules.needsPackages {
            let tree = try tree(image, indexes)
            if rules.needsTree { stored = tree.storedBytes() }
            if rules.needsPackages { inventory = self.inventory(image, tree, indexes) }
        }
        let compatible = isDiveCompatible && isWhole ? DiveFigures(indexes) : nil
        return try BudgetCheck(
            rules, analysis, against: baseline, stored: stored, inventory: inventory, compatible: compatible, at: Clock.now
        ).result(of: image)
    }
}

extension BudgetCheck {
    /// The result; packages that a rule is about and that cannot be seen are an error.
    package func result(of image: ScannedImage) throws(OperationError) -> CheckResult {
        do { return try result() } catch { throw .packagesUnknown(image: image.label, error) }
    }
}
