//! Detailed maps under ours, of a server that the operator names. Without one our own outlines are all there is.

/// Where picture tiles come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiles {
    /// With `{z}`, `{x}` and `{y}`.
    pub url: String,
    /// What must be said of them.
    pub attribution: String,
}

impl Tiles {
    /// Says what is wrong with the address or the words, if something is.
    pub fn fault(&self) -> Option<&'static str> {
        if self.origin().is_none() {
            return Some("map.tiles must begin with http:// or https:// and name a server");
        }
        if !["{z}", "{x}", "{y}"]
            .iter()
            .all(|part| self.url.contains(part))
        {
            return Some("map.tiles must contain {z}, {x} and {y}");
        }
        if self.attribution.trim().is_empty() {
            return Some("map.attribution must say whose map it is");
        }
        None
    }

    /// The server alone: pictures may come from there and nowhere else.
    pub fn origin(&self) -> Option<&str> {
        let begin = ["https://", "http://"]
            .iter()
            .find(|scheme| self.url.starts_with(**scheme))?
            .len();
        let host = self.url.get(begin..)?.split('/').next()?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        let is_one = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
        (is_one && host.chars().all(is_host)).then(|| self.url.get(..begin + host.len()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiles(url: &str) -> Tiles {
        Tiles {
            url: url.to_owned(),
            attribution: "© someone".to_owned(),
        }
    }

    #[test]
    fn only_the_server_of_the_tiles_is_let_in() {
        let right = tiles("https://tiles.example:8443/osm/{z}/{x}/{y}.png?key=a");
        assert_eq!(right.origin(), Some("https://tiles.example:8443"));
        assert_eq!(right.fault(), None);
        for wrong in [
            "tiles.example/{z}/{x}/{y}",
            "https:///{z}/{x}/{y}",
            "https://a b/{z}/{x}/{y}",
            "https://a;script-src *;/{z}/{x}/{y}",
            "https://{s}.example/{z}/{x}/{y}",
            "https://me@tiles.example/{z}/{x}/{y}",
            "https://*.example/{z}/{x}/{y}",
        ] {
            assert!(tiles(wrong).fault().is_some(), "{wrong}");
        }
        assert!(tiles("https://tiles.example/{z}/{x}.png").fault().is_some());
        let mut nameless = right;
        nameless.attribution = " ".to_owned();
        assert!(nameless.fault().is_some());
    }
}
