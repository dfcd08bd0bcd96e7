//! A narrative's `div`: XHTML inside of XML, the same text inside of JSON.

use quick_xml::NsReader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use serde_json::Value;

use super::{DEPTH_MAX, TOO_DEEP, Wrong, XHTML, add};

const NOT_XHTML: Wrong = (
    "value",
    "must be a div of well-formed XHTML with its namespace",
);
const ENTITY: Wrong = ("value", "has an entity other than those of XML");

/// What is wrong with a `div` of JSON.
pub fn fault(value: &Value) -> Option<Wrong> {
    match value.as_str() {
        Some(text) => from_text(text).err(),
        None => Some(NOT_XHTML),
    }
}

/// The `div` as it may stand in XML.
pub fn from_text(text: &str) -> Result<String, Wrong> {
    let mut reader = NsReader::from_str(text.trim());
    let (space, event) = reader.read_resolved_event().map_err(wrong)?;
    let is_xhtml = space == ResolveResult::Bound(Namespace(XHTML.as_bytes()));
    let found = match event {
        Event::Start(start) if is_xhtml => copy(&mut reader, &start, false)?,
        Event::Empty(start) if is_xhtml => copy(&mut reader, &start, true)?,
        _ => return Err(NOT_XHTML),
    };
    match reader.read_event().map_err(wrong)? {
        Event::Eof => Ok(found),
        _ => Err(NOT_XHTML),
    }
}

// Of the reader's reasons none is repeated: they may name what stands there.
fn wrong(_: quick_xml::Error) -> Wrong {
    NOT_XHTML
}

/// Copies an element that was opened until it is closed: without prefixes, comments and instructions.
pub fn copy(
    reader: &mut NsReader<&[u8]>,
    first: &BytesStart<'_>,
    is_empty: bool,
) -> Result<String, Wrong> {
    if first.local_name().as_ref() != b"div" {
        return Err(NOT_XHTML);
    }
    let mut out = String::from("<div");
    let attributes = text(first.attributes_raw())?;
    if !attributes.contains(" xmlns=") {
        add(&mut out, &[" xmlns=\"", XHTML, "\""]);
    }
    out.push_str(attributes);
    out.push_str(if is_empty { "/>" } else { ">" });
    let mut depth = usize::from(!is_empty);
    while depth > 0 {
        match reader.read_event().map_err(wrong)? {
            Event::Start(start) => {
                open(&mut out, &start, ">")?;
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(TOO_DEEP);
                }
            }
            Event::Empty(start) => open(&mut out, &start, "/>")?,
            Event::End(end) => {
                out.push_str("</");
                out.push_str(text(end.local_name().as_ref())?);
                out.push('>');
                depth -= 1;
            }
            Event::Text(words) => out.push_str(text(&words)?),
            Event::CData(words) => {
                out.push_str(&quick_xml::escape::partial_escape(text(&words)?));
            }
            Event::GeneralRef(name) => reference(&mut out, &name)?,
            Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) | Event::Decl(_) | Event::Eof => return Err(NOT_XHTML),
        }
    }
    Ok(out)
}

fn open(out: &mut String, start: &BytesStart<'_>, end: &str) -> Result<(), Wrong> {
    out.push('<');
    out.push_str(text(start.local_name().as_ref())?);
    out.push_str(text(start.attributes_raw())?);
    out.push_str(end);
    Ok(())
}

/// Numbers of characters, the five entities of XML, and the one of HTML that everybody writes.
fn reference(out: &mut String, entity: &BytesRef<'_>) -> Result<(), Wrong> {
    let name = text(entity)?;
    let is_letter = matches!(entity.resolve_char_ref(), Ok(Some(_)));
    match name {
        "nbsp" => out.push_str("&#160;"),
        "lt" | "gt" | "amp" | "quot" | "apos" => add(out, &["&", name, ";"]),
        _ if is_letter => add(out, &["&", name, ";"]),
        _ => return Err(ENTITY),
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    // The whole was text before it was taken apart.
    std::str::from_utf8(bytes).map_err(|_cut| NOT_XHTML)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str =
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">1 &lt; 2<br/>x</p></div>";

    #[test]
    fn a_div_stays_as_it_is() {
        assert_eq!(from_text(WORDS).as_deref(), Ok(WORDS));
        let blank = WORDS.replace("x</p>", "&nbsp;</p>");
        assert!(from_text(&blank).unwrap().contains("&#160;"));
        let prefixed = "<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:b>x</h:b></h:div>";
        let plain = from_text(prefixed).unwrap();
        assert!(
            plain.starts_with("<div xmlns=\"http://www.w3.org/1999/xhtml\" "),
            "{plain}"
        );
        assert!(plain.ends_with("<b>x</b></div>"), "{plain}");
    }

    #[test]
    fn what_is_no_div_is_refused() {
        for bad in [
            "",
            "words",
            "<div>no namespace</div>",
            "<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>",
            &WORDS.replace("</p>", ""),
            &WORDS.replace("&lt;", "&secret;"),
            &WORDS.replace("&lt;", "&#0;"),
            &format!("<!DOCTYPE x>{WORDS}"),
            &format!("{WORDS}{WORDS}"),
            &format!(
                "{}{}",
                "<div xmlns=\"http://www.w3.org/1999/xhtml\">",
                "<b>".repeat(200)
            ),
        ] {
            assert!(from_text(bad).is_err(), "{bad}");
        }
    }
}
