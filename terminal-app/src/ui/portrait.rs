//! The portrait on its way to the screen, and its end: nothing of it stays behind when the screen is cleared.

use std::sync::Arc;

use eframe::egui;
use egui::{Color32, ColorImage, Context, ImageData, TextureHandle, TextureId, TextureOptions, Vec2};
use reader_core::lds::portrait::Pixels;

/// The texture of the portrait that the model shows, if any.
#[derive(Default)]
pub(super) struct PortraitTexture {
    held: Option<Held>,
}

struct Held {
    pixels: Arc<Pixels>,
    image: Arc<ColorImage>,
    texture: TextureHandle,
}

/// What the screens need to draw it.
#[derive(Clone, Copy)]
pub(super) struct Drawn {
    pub texture: TextureId,
    pub size: Vec2,
}

impl PortraitTexture {
    /// Follows the model: uploads a portrait that is new, wipes one that is gone.
    pub(super) fn follow(&mut self, ctx: &Context, shown: Option<&Arc<Pixels>>) -> Option<Drawn> {
        let same = match (&self.held, shown) {
            (Some(held), Some(shown)) => Arc::ptr_eq(&held.pixels, shown),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.wipe();
            self.held = shown.and_then(|pixels| Held::upload(ctx, pixels));
        }
        self.held.as_ref().map(|held| Drawn { texture: held.texture.id(), size: held.texture.size_vec2() })
    }

    /// Overwrites the texture and the copy in memory, then lets both go.
    pub(super) fn wipe(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        held.texture.set(ColorImage::filled(held.image.size, Color32::TRANSPARENT), TextureOptions::LINEAR);
        // The upload has let go of its share by now, unless the portrait came and went within one frame.
        if let Some(image) = Arc::get_mut(&mut held.image) {
            image.pixels.fill(Color32::TRANSPARENT);
        }
    }
}

impl Drop for PortraitTexture {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl Held {
    fn upload(ctx: &Context, pixels: &Arc<Pixels>) -> Option<Self> {
        let size = [usize::try_from(pixels.width()).ok()?, usize::try_from(pixels.height()).ok()?];
        let image = Arc::new(ColorImage::from_rgb(size, &pixels.to_rgb()));
        // No name that says whose it is: it may turn up in a driver's log.
        let texture = ctx.load_texture("portrait", ImageData::Color(image.clone()), TextureOptions::LINEAR);
        Some(Self { pixels: pixels.clone(), image, texture })
    }
}
