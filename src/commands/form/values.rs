//! Comma-separated values for other programs.

/// Rows under a row of titles, every value safe to open in a spreadsheet.
pub(in crate::commands) fn csv(
    titles: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(titles)?;
    for row in rows {
        writer.write_record(row.into_iter().map(safe))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A value that a spreadsheet takes for text: one that begins like a formula is quoted, as OWASP
/// advises.
fn safe(value: String) -> String {
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{value}") } else { value }
}

#[cfg(test)]
mod tests {
    use super::{csv, safe};

    #[test]
    fn no_value_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(safe(formula.to_owned()), format!("'{formula}"));
        }
        assert_eq!(safe("nginx".to_owned()), "nginx");
    }

    #[test]
    fn values_are_quoted_where_they_must_be() {
        let rows = [vec!["=1".to_owned(), "b,c".to_owned()]];
        assert_eq!(csv(&["x", "y"], rows).unwrap(), "x,y\n'=1,\"b,c\"\n");
    }
}
