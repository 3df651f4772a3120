//! How does a spreadsheet program get the figures? A workbook with a sheet for each section.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use super::figures::Pack;
use super::sheet::{Cell, Column, Section};

/// Why no workbook could be written.
#[derive(Debug)]
pub struct XlsxFault(XlsxError);

impl std::fmt::Display for XlsxFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the workbook cannot be written: {}", self.0)
    }
}

impl std::error::Error for XlsxFault {}

impl From<XlsxError> for XlsxFault {
    fn from(fault: XlsxError) -> Self {
        Self(fault)
    }
}

struct Looks {
    title: Format,
    head: Format,
    head_number: Format,
    words: Format,
    share: Format,
    decimals: [Format; 4],
}

impl Looks {
    fn new() -> Self {
        let head = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_background_color("DDE8E4");
        Self {
            title: Format::new().set_bold().set_font_size(14),
            head_number: head.clone().set_align(FormatAlign::Right),
            head,
            words: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            share: Format::new().set_num_format("0.0%"),
            decimals: ["0", "0.0", "0.00", "0.000"].map(|it| Format::new().set_num_format(it)),
        }
    }
}

impl Pack {
    /// The workbook's bytes. The same pack gives the same bytes. Texts are texts: nothing in it runs as a formula.
    ///
    /// # Errors
    /// When a sheet cannot hold what is put on it.
    pub fn xlsx(&self) -> Result<Vec<u8>, XlsxFault> {
        let mut book = Workbook::new();
        // Without a fixed day the bytes would change with the clock.
        let properties = DocProperties::new()
            .set_title(format!("Consistency pack, cycle {}", self.cycle))
            .set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
        book.set_properties(&properties);
        let looks = Looks::new();
        for section in &self.sections {
            self.sheet(&mut book, section, &looks)?;
        }
        Ok(book.save_to_buffer()?)
    }

    fn sheet(
        &self,
        book: &mut Workbook,
        section: &Section,
        looks: &Looks,
    ) -> Result<(), XlsxFault> {
        let sheet = book.add_worksheet();
        sheet.set_name(section.key)?;
        sheet.set_landscape().set_print_fit_to_pages(1, 0);
        sheet.write_string_with_format(0, 0, section.title, &looks.title)?;
        sheet.write_string(1, 0, format!("Cycle {}, {}", self.cycle, self.made_on))?;
        sheet.set_column_width(0, 44)?;
        let mut at = 2_u32;
        for line in &section.lead {
            sheet.merge_range(at, 0, at, 6, line, &looks.words)?;
            sheet.set_row_height(at, 32)?;
            at += 1;
        }
        for table in &section.tables {
            at += 1;
            sheet.write_string_with_format(at, 0, &table.caption, &Format::new().set_bold())?;
            at += 1;
            for (column, heading) in (0_u16..).zip(&table.columns) {
                let Column { name, numeric } = heading;
                let look = if *numeric {
                    &looks.head_number
                } else {
                    &looks.head
                };
                sheet.write_string_with_format(at, column, name, look)?;
                if column > 0 {
                    sheet.set_column_width(column, 18)?;
                }
            }
            at += 1;
            for row in &table.rows {
                for (column, cell) in (0_u16..).zip(row) {
                    match cell {
                        Cell::Text(text) => sheet.write_string(at, column, text)?,
                        Cell::Count(count) => sheet.write_number(at, column, whole(*count))?,
                        Cell::Number(number, digits) => {
                            let look = looks.decimals.get(*digits).unwrap_or(&looks.words);
                            sheet.write_number_with_format(at, column, *number, look)?
                        }
                        Cell::Share(share) => {
                            sheet.write_number_with_format(at, column, *share, &looks.share)?
                        }
                        Cell::None(_) => sheet.write_string(at, column, cell.shown())?,
                    };
                }
                at += 1;
            }
        }
        Ok(())
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a spreadsheet keeps 53 bits; counts of episodes need fewer"
)]
fn whole(count: u64) -> f64 {
    count as f64
}
